# Makes lme4_inference.json: profile intervals, three levels and more data sets, which
# test_inference_oracles.py and test_three_levels.py compare with.
#   apt-get install r-cran-lme4 r-cran-jsonlite
#   Rscript tests/reference/make_lme4_inference.R ../shared/data/08_benchmarks tests/reference
# lme4 at tolPwrss = 1e-10: its default is loose.
suppressMessages({library(lme4); library(jsonlite)})
where <- commandArgs(TRUE)
benchmarks <- where[1]; here <- where[2]
out <- list(made_with = paste("lme4", packageVersion("lme4"), "on", R.version.string,
                              "tolPwrss 1e-10, bobyqa rhoend 1e-10, se from use.hessian = FALSE;",
                              "profile intervals 95%, .sig01 first"))
control <- glmerControl(optimizer = "bobyqa", calc.derivs = FALSE, tolPwrss = 1e-10,
                        optCtrl = list(maxfun = 1e6, rhobeg = 2e-2, rhoend = 1e-10))
fitted <- function(formula, table, nodes) {
  near <- glmer(formula, table, family = binomial, nAGQ = nodes,
                control = glmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                                       optCtrl = list(maxfun = 1e6)))
  glmer(formula, table, family = binomial, nAGQ = nodes, control = control,
        start = list(theta = getME(near, "theta"), fixef = fixef(near)))
}
# theta's order is lme4's: the level with more groups first.
record <- function(name, fit, profile = FALSE) {
  out[[name]] <<- list(
    label = names(fixef(fit)), beta = unname(fixef(fit)),
    se = unname(sqrt(diag(as.matrix(vcov(fit, use.hessian = FALSE))))),
    sigma = as.list(setNames(unname(getME(fit, "theta")), names(getME(fit, "theta")))),
    loglik = as.numeric(logLik(fit)))
  if (profile) {
    ends <- suppressWarnings(confint(profile(fit, delta = 0.1), level = 0.95))
    out[[name]]$profile <<- unname(apply(as.matrix(ends), 1, as.list))
  }
}
nested <- read.csv(file.path(here, "synthetic_nested.csv"), stringsAsFactors = TRUE)
nested <- nested[nested$trials > 0, ]
for (event in c("common", "rare")) {
  nested$events <- nested[[event]]
  formula <- cbind(events, trials - events) ~ sex + fsm + idaci + (1 | la / lsoa)
  record(paste0("nested_", event), fitted(formula, nested, 1))
}
bacteria <- read.csv(file.path(benchmarks, "MASS_bacteria.csv"))
bacteria$y <- bacteria$y == "y"; bacteria$late <- factor(ifelse(bacteria$week > 2, "yes", "no"))
bacteria$trt <- factor(bacteria$trt, levels = c("placebo", "drug", "drug+")); bacteria$ID <- factor(bacteria$ID)
for (k in c(1, 7, 15)) record(paste0("bacteria_", k), fitted(y ~ trt + late + (1 | ID), bacteria, k))
breath <- read.csv(file.path(benchmarks, "HSAUR_respiratory.csv"))
before <- breath[breath$month == 0, c("subject", "status")]; names(before)[2] <- "baseline"
breath <- merge(breath[breath$month > 0, ], before)
breath$good <- breath$status == "good"
for (v in c("centre", "treatment", "sex", "baseline", "subject")) breath[[v]] <- factor(breath[[v]])
for (k in c(1, 7, 15)) record(paste0("respiratory_", k),
  fitted(good ~ centre + treatment + sex + baseline + age + (1 | subject), breath, k))
cbpp <- read.csv(file.path(benchmarks, "lme4_cbpp.csv"), colClasses = c(herd = "factor", period = "factor"))
record("cbpp_7", fitted(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, 7), profile = TRUE)
write(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), file.path(here, "lme4_inference.json"))
