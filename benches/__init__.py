"""Measurements that others can repeat: `script/bench NAME` prints one JSON object a line."""
