@echo off
rem tornsnap on Windows: makes the scheduled tasks of the current user. Run it once in a Command Prompt.
rem
rem Replace C:\Tools\tornsnap.exe and C:\Torn\tornsnap.toml by your own paths, both absolute. A path with spaces is
rem written \"C:\My Torn\tornsnap.toml\" inside /tr. Set [log] file in the configuration: the Task Scheduler throws
rem away what a program says, and shows only its exit code ("Last Run Result").
rem
rem Times are local; Torn counts its days and months in UTC. A month that has not ended in UTC yet is summarized the next day.
rem The minutes are staggered, so that runs do not wait for each other.

rem Fetch wars and factions
schtasks /create /f /tn "tornsnap wars" /sc minute /mo 10 /st 00:03 /tr "C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch wars factions"
rem Fetch players and members
schtasks /create /f /tn "tornsnap players" /sc minute /mo 30 /st 00:07 /tr "C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch players"
rem Fetch territories
schtasks /create /f /tn "tornsnap territories" /sc hourly /st 00:21 /tr "C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml fetch territories"
rem Every day, one after the other: back up, summarize finished months, prune what is summarized and old. The first
rem that fails ends the job. /tr takes at most 261 characters: with longer paths, or paths with spaces, import
rem tornsnap-daily.xml instead.
schtasks /create /f /tn "tornsnap daily" /sc daily /st 03:41 /tr "cmd /c C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml backup && C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml summarize && C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml prune"
rem Check, and tell of changes
schtasks /create /f /tn "tornsnap health" /sc hourly /st 00:51 /tr "C:\Tools\tornsnap.exe -q --config C:\Torn\tornsnap.toml health --notify"

rem Look:   schtasks /query /tn "tornsnap wars" /v /fo list
rem Remove: schtasks /delete /f /tn "tornsnap wars"
