"""What does the call of a Python function cost?"""


def run(X, Y):
    pass
