"""Charts of results, as pure functions from frames; what colour says, a shape says too."""

# Okabe and Ito (2008): told apart by colour-blind readers.
TREATMENT, CONTROL = "#0072B2", "#D55E00"
GOOD, BAD, UNCLEAR = "#009E73", "#D55E00", "#808080"
GUESS, SETTING = "#CC79A7", "#E69F00"
INK = "currentColor"            # the page's own text colour, so that a chart reads in light and in dark
