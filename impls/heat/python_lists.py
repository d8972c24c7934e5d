"""Two loops over lists: what a point costs when Python itself does every operation."""

LAYOUT = "lists of lists"
PLAIN_LOOPS = True
DTYPES = ("float64",)  # the numbers of Python


def prepare(array):
    return array.tolist()


def run(u, w):
    time_step(u, w)
    time_step(w, u)
    return u, w


def time_step(u, w):
    for i in range(1, len(u) - 1):
        above, here, below, new = u[i - 1], u[i], u[i + 1], w[i]
        for j in range(1, len(here) - 1):
            new[j] = 0.5 * here[j] + 0.125 * (above[j] + below[j] + here[j - 1] + here[j + 1])
