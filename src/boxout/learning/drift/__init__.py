"""Whether the champions still do what they did when tested: drift of forecasts and of data."""
