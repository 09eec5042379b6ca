SELECT width AS d, parameters, seeds, capacity AS D_mem, low, high, spread
FROM capacity WHERE sweep_id = $sweep_id ORDER BY width;
