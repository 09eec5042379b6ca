"""What is computed: tasks, models, ensembles, sweeps and the worker that trains them."""
