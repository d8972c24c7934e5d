"""A run spread over several machines of one kind, by Dask: each launch is whole on one host, its rows come back here.

    address         what --on means, and what of it is refused
    cargo           what travels: code and data, by the hash of their content
    orders          what a host is asked, and the lines that it answers
    on_host         what Dask runs on a host: it unpacks the cargo and starts the process that measures
    host_process    that process: the same pilot, launches and passes as of a run on one machine
    connection      the cluster, its hosts, and an answer that is taken line by line
    hosts           whether the hosts are machines of one kind
    dispatch        launches handed to hosts, begun again where a host has gone or is busy
    pooled_bench    the run

Dask schedules and transports; what a host answers is lines of JSON, and nothing of it is unpickled.
"""
