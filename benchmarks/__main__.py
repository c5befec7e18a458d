"""`python -m benchmarks`: all tables, one after the other."""

from __future__ import annotations

from benchmarks import assignment, certificates, load, pages, triage

if __name__ == "__main__":
    pages.main()
    print()
    certificates.main()
    print()
    load.main()
    print()
    triage.main()
    print()
    assignment.main()
