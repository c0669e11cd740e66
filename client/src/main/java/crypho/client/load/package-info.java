/// The load generator: thousands of WebSockets from one JVM with one thread and little work a
/// frame, because it shares the machine with the server that it measures. It speaks the same frames
/// as the library and checks nothing of what is encrypted.
@NullMarked
package crypho.client.load;

import org.jspecify.annotations.NullMarked;
