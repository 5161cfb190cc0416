#!/usr/bin/env python3
"""Writes player_stats_history as a workbook with XlsxWriter, as a Python program would. Usage: workbook.py DATABASE OUTPUT"""

import sqlite3
import sys

import xlsxwriter

database, output = sys.argv[1:]
# A sheet has 1,048,576 rows, and the first holds the names of the columns.
ROWS_OF_A_SHEET = 1_048_575

workbook = xlsxwriter.Workbook(output, {"constant_memory": True})
rows = sqlite3.connect(database).execute("SELECT * FROM player_stats_history ORDER BY timestamp, id")
names = [column[0] for column in rows.description]
for number, row in enumerate(rows):
    place = number % ROWS_OF_A_SHEET
    if place == 0:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, names)
    sheet.write_row(place + 1, 0, row)
workbook.close()
