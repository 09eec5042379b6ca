SELECT name, value FROM threshold
