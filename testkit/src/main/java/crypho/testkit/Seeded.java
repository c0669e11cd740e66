package crypho.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/// A property: the method takes one [Gen] and runs `tries` times, each a JUnit invocation named
/// `seed:size`. The environment variable `SEED=seed:size` replays one; `TRIES=n` changes the
/// number.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(SeededExtension.class)
public @interface Seeded {
  int tries() default 200;
}
