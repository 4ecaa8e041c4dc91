"""How good the forecasts are: a walk through seasons, scores, the books, and a report."""
