"""The engines behind one small interface; today DuckLake, embedded in one folder."""
