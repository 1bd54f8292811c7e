"""`python -m foreshock`: the same as the command `foreshock`."""

from foreshock.cli import main

if __name__ == "__main__":
    main(prog_name="foreshock")
