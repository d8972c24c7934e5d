"""Images with labels on disk, in the forms in which people have them: IDX, npz, CSV, Parquet, Nielsen's pickle.

locate      which files of a path are one data set, and of which form
idx npz table parquet pickle    a reader each: arrays of any shape and kind, never more than MOST_BYTES of pixels
content     the arrays checked: grey levels 0 … 255, labels 0 … K − 1, a test part
starts      the first bytes of a file, and what they look like
"""
