"""Which model forecasts which market: challenges, promotions, and the way back."""
