@echo off
rem Makes the tasks of the XML files in this folder. `tornsnap schedule install` does this with your own paths.
rem
rem Put your paths into the XML files first: the program and the configuration.
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example wars" /xml "%~dp0tornsnap-example-wars.xml"
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example factions" /xml "%~dp0tornsnap-example-factions.xml"
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example players" /xml "%~dp0tornsnap-example-players.xml"
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example territories" /xml "%~dp0tornsnap-example-territories.xml"
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example backup" /xml "%~dp0tornsnap-example-backup.xml"
%SystemRoot%\System32\schtasks.exe /create /f /tn "tornsnap\example health" /xml "%~dp0tornsnap-example-health.xml"
