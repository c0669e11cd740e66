@NullMarked
package crypho.client;

import org.jspecify.annotations.NullMarked;
