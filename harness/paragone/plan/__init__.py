"""What a run will do, decided before its first sample: request, cells, power, waves."""
