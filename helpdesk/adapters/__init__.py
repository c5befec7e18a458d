"""The outside world behind small interfaces: plain values in and out, a real twin and one for tests."""
