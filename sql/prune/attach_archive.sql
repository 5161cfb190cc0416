-- Opens the archive beside the database.
--
-- :archive   its file
ATTACH DATABASE :archive AS archive
