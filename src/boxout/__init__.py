"""NBA player-props data platform: raw box scores in, gated features and graded predictions out."""
