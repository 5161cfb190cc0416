-- Returns a random text that no other prune has.
SELECT lower(hex(randomblob(16))) AS receipt
