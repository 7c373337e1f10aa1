"""How a delivered value becomes a typed one, strictly: ids, numbers, times, days, scores; what is unclear is refused."""
