# Makes lme4_oracles.json, the stored results that test_oracles.py compares with.
#   apt-get install r-cran-lme4 r-cran-jsonlite
#   Rscript tests/reference/make_lme4_oracles.R ../shared/data/08_benchmarks tests/reference
# lme4 at tolPwrss = 1e-10: its default is loose.
suppressMessages({library(lme4); library(jsonlite)})
where <- commandArgs(TRUE)
benchmarks <- where[1]; here <- where[2]
out <- list(made_with = paste("lme4", packageVersion("lme4"), "on", R.version.string,
                              "tolPwrss 1e-10, bobyqa rhoend 1e-10, se from use.hessian = FALSE"))
control <- glmerControl(optimizer = "bobyqa", calc.derivs = FALSE, tolPwrss = 1e-10,
                        optCtrl = list(maxfun = 1e6, rhobeg = 2e-2, rhoend = 1e-10))
record <- function(name, formula, table, nodes) for (k in nodes) {
  # A loose first fit puts the tight one near the maximum.
  near <- glmer(formula, table, family = binomial, nAGQ = k,
                control = glmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                                       optCtrl = list(maxfun = 1e6)))
  fit <- glmer(formula, table, family = binomial, nAGQ = k, control = control,
               start = list(theta = getME(near, "theta"), fixef = fixef(near)))
  out[[paste0(name, "_", k)]] <<- list(
    label = names(fixef(fit)), beta = unname(fixef(fit)),
    se = unname(sqrt(diag(as.matrix(vcov(fit, use.hessian = FALSE))))),
    sigma = getME(fit, "theta")[[1]], loglik = as.numeric(logLik(fit)))
}
cbpp <- read.csv(file.path(benchmarks, "lme4_cbpp.csv"), colClasses = c(herd = "factor", period = "factor"))
record("cbpp", cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, c(1, 7, 15, 25))
births <- read.csv(file.path(benchmarks, "mlmRev_Contraception.csv"))
births$use <- births$use == "Y"
for (v in c("district", "urban", "livch")) births[[v]] <- factor(births[[v]])
record("contraception", use ~ age + I(age^2) + urban + livch + (1 | district), births, c(1, 7, 15))
cells <- read.csv(file.path(here, "synthetic_cells.csv"), stringsAsFactors = TRUE)
cells <- cells[cells$trials > 0, ]
record("common", cbind(common, trials - common) ~ sex + age + fsm + idaci + (1 | la), cells, c(1, 7, 15))
record("rare", cbind(rare, trials - rare) ~ sex + age + fsm + idaci + (1 | la), cells, c(1, 7, 15))
write(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), file.path(here, "lme4_oracles.json"))
