"""Nothing lost, nothing counted twice: `python -m bench.faults`, or `make bench-faults`."""

from bench.faults.command import main

if __name__ == "__main__":
    main()
