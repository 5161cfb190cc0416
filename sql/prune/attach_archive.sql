-- Attaches the archive to the connection under the name "archive".
--
-- :archive   path of the archive
ATTACH DATABASE :archive AS archive
