"""NBA player-props data platform: raw box scores in, gated features and graded predictions out."""

__version__ = "0.1.0"
