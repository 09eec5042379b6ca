"""What trains: data, initial weights, ensembles of runs and their evaluation. Needs torch."""
