"""How another language, or a library, is reached: each adapter turns its code into an `Implementation`."""
