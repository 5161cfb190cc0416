@echo off
rem Makes the scheduled tasks of tornsnap on Windows for the current user. Run it once in a Command Prompt.
rem
rem Replace C:\Tools\bin\tornsnap.exe and C:\Torn\tornsnap.toml with your own paths, both absolute. Inside /tr,
rem write a path with spaces as \"C:\My Torn\tornsnap.toml\". Set file in [log] of the configuration: the Task Scheduler
rem discards the output of a program and shows only its exit code ("Last Run Result").
rem
rem The times are local. Torn's days and months are in UTC: a month that has not ended in UTC yet is summarized the next
rem day. The tasks start at different minutes, so they do not wait for each other.
rem
rem The whole path of schtasks.exe is given because cmd.exe looks in the current folder first.

rem Fetch wars and factions
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap wars" /sc minute /mo 10 /st 00:03 /tr "C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch wars factions"
rem Fetch players and members
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap players" /sc minute /mo 30 /st 00:07 /tr "C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch players"
rem Fetch territories
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap territories" /sc hourly /st 00:21 /tr "C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch territories"
rem Every day, one after the other: back up, summarize months that have ended, prune old history rows. When a command
rem fails, the rest of the task does not run. /tr takes at most 261 characters: with longer paths, or paths with spaces,
rem import tornsnap-daily.xml instead.
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap daily" /sc daily /st 03:41 /tr "cmd /c C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml backup && C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml summarize && C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml prune"
rem Check the health, and post changes to the webhook
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap health" /sc hourly /st 00:51 /tr "C:\Tools\bin\tornsnap.exe -q --config C:\Torn\tornsnap.toml health --notify"

rem Show:   schtasks /query /tn "tornsnap wars" /v /fo list
rem Remove: schtasks /delete /f /tn "tornsnap wars"
