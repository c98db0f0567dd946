# Between-within degrees of freedom of nlme, for tests/reference/test_degrees_of_freedom.py:
#   Rscript tests/reference/make_nlme_degrees.R > tests/reference/nlme_degrees.json
# They follow from the design alone; the response is any. Rows as in the test.
library(nlme)
d <- expand.grid(child = 1:6, place = 1:3, la = 1:9)
d <- subset(d, !(la == 9 & place == 3))
d$lsoa <- paste(d$la, d$place)
d$x <- d$child %% 2
d$z <- (d$la * d$place) %% 5 + d$place / 10
d$a <- d$la^2
d$b <- (d$la * 3) %% 7
d$y <- sin(1:nrow(d))
two <- lme(y ~ x + z + a + b + a:b + x:a, random = ~ 1 | la, data = d)
three <- lme(y ~ x + z + a + b + a:b + z:a + x:a, random = ~ 1 | la/lsoa, data = d)
told <- function(fit) {
  df <- fit$fixDF$X[-1] # of the intercept nlme takes the innermost
  paste0("{", paste0('"', names(df), '": ', df, collapse = ", "), "}")
}
cat("{\"made with\": \"", R.version.string, ", nlme ", as.character(packageVersion("nlme")),
    "\",\n \"two\": ", told(two), ",\n \"three\": ", told(three), "}\n", sep = "")
