# Makes lme4_nested_profile.json: 95% profile intervals of a three-level fit, which
# test_three_levels.py compares with.
#   apt-get install r-cran-lme4 r-cran-jsonlite
#   Rscript tests/reference/make_lme4_nested_profile.R tests/reference
# lme4 at tolPwrss = 1e-10: its default is loose.
suppressMessages({library(lme4); library(jsonlite)})
here <- commandArgs(TRUE)[1]
control <- glmerControl(optimizer = "bobyqa", calc.derivs = FALSE, tolPwrss = 1e-10,
                        optCtrl = list(maxfun = 1e6, rhobeg = 2e-2, rhoend = 1e-8))
nested <- read.csv(file.path(here, "synthetic_nested.csv"), stringsAsFactors = TRUE)
nested <- nested[nested$trials > 0, ]
out <- list(made_with = paste("lme4", packageVersion("lme4"), "on", R.version.string,
                              "Laplace, tolPwrss 1e-10, bobyqa rhoend 1e-8, profile delta 0.2"))
for (event in c("common", "rare")) {
  nested$events <- nested[[event]]
  fit <- glmer(cbind(events, trials - events) ~ sex + fsm + idaci + (1 | la / lsoa), nested,
               family = binomial, control = control)
  # .sig01 is of the level with more groups (small areas), .sig02 of authorities.
  ends <- suppressWarnings(confint(profile(fit, which = c(1, 2, 5, 6), delta = 0.2), level = 0.95))
  print(ends)
  out[[event]] <- setNames(apply(unname(ends), 1, as.list), c("area_sigma", "sigma", "fsm[yes]", "idaci"))
}
write(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), file.path(here, "lme4_nested_profile.json"))
