"""Pictures of forecasts and form, as SVG and PNG files; needs the extra `pictures`."""
