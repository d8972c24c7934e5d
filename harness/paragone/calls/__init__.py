"""Callables of a notebook, a script or a test, compared by `paragone.compare`. Read its modules in this order:

    compare         the function itself, from the first call to the answer
    under_way       one comparison at a time in a process, and scripts that a launch imports
    callables       the callables by name
    arguments       what they are called with: copies, and which of them a call has changed
    outcome         what a call gave, taken apart into arrays and values
    agreement       whether two outcomes agree, and if not, which number of which array is how far off
    first_calls     each callable called once: what it gives, and how it must be called
    timing          the clock around some calls
    at_size         who agrees with the reference, and how long a call takes once it is warm
    launch          the rounds of one launch, in this process or in a fresh one
    found_by_name   what a fresh process can find: callables by name, arguments by pickle
    process         the fresh process
    launches        launches until the seconds are spent
    statistics      times to ratios and verdicts, by the functions of `paragone.analyse`
    comparison      the answer
    words, notes    the answer in sentences, and what one must know of it
    chart           the answer as a picture
    progress        a line that says how far it is

A launch is one fresh process that hosts all the callables and a control, the first callable once more. They take turns
in parts of about 5 ms, in a new random order each time; such a turn is a round. What the machine does to one part it
does to its neighbours. A process for each callable would tell no more: what differs between processes (where memory
lies, what the system caches) is common to all the callables of one, and each launch draws it anew.
"""
