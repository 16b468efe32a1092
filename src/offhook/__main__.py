"""`python -m offhook`."""

from offhook.main import main

if __name__ == "__main__":
    main()
