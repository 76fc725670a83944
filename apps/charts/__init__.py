"""Charts of results, as pure functions from frames; what they say in colour they say a second time in shape."""

# Okabe and Ito (2008): told apart by colour-blind readers.
TREATMENT, CONTROL = "#0072B2", "#D55E00"
GOOD, BAD, UNCLEAR = "#009E73", "#D55E00", "#808080"
GUESS = "#CC79A7"
INK = "currentColor"            # the page's own text colour, so that a chart reads in light and in dark
