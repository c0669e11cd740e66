@NullMarked
package crypho.base;

import org.jspecify.annotations.NullMarked;
