-- What each column of each view means.
SELECT view, "column", type, meaning FROM column_meaning
