"""What the tests and the benchmark start beside themselves: a PostgreSQL cluster, the service's own processes."""
