"""Who kept the promise: the month's figures from evidence, closed months, audit and retention."""
