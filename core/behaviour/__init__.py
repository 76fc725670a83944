"""What simulated people do: examination, choice, satiation, satisfaction, retention. One formula a file."""
