"""One module for each thing that a gate protects; each holds one `GATE`. Found by `quality.runner`, listed nowhere."""
