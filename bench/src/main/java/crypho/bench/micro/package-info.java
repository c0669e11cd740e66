/// Small measurements by JMH, each with a budget of what it may allocate.
@NullMarked
package crypho.bench.micro;

import org.jspecify.annotations.NullMarked;
