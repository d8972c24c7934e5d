"""A row times a column, by zip and sum over lists: what a product costs when Python itself does every operation."""

LAYOUT = "lists of lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(matrix):
    return matrix.tolist()


def run(A, B):
    columns = list(zip(*B, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in A]
