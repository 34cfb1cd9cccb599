"""Second reading: who reads a signed case anew, who decides where two differ, and how well readers agree."""
