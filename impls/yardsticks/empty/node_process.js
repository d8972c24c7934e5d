"use strict";

require("paragone").serve({ run(n, X, Y) {} });
