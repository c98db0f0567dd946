"""What it costs: our fit against its peers, in one run on one machine."""
