# Makes lme4_boundary.json: fits by lme4 to tables drawn without variation between groups,
# of which one keeps a little and two have sigma = 0.
#   apt-get install r-cran-lme4 r-cran-jsonlite
#   Rscript tests/reference/make_lme4_boundary.R tests/reference
suppressMessages({library(lme4); library(jsonlite)})
here <- commandArgs(TRUE)[1]
cells <- read.csv(file.path(here, "boundary_cells.csv"), stringsAsFactors = TRUE)
control <- glmerControl(optimizer = "bobyqa", calc.derivs = FALSE, tolPwrss = 1e-10,
                        optCtrl = list(maxfun = 1e6, rhoend = 1e-10))
out <- list(made_with = paste("lme4", packageVersion("lme4"), "on", R.version.string))
for (name in levels(cells$table)) for (k in c(1, 7)) {
  fit <- suppressMessages(glmer(cbind(events, trials - events) ~ fsm + (1 | la),
                                cells[cells$table == name, ], family = binomial, nAGQ = k,
                                control = control))
  out[[paste0(name, "_", k)]] <- list(
    sigma = getME(fit, "theta")[[1]], beta = unname(fixef(fit)),
    se = unname(sqrt(diag(as.matrix(vcov(fit, use.hessian = FALSE))))),
    loglik = as.numeric(logLik(fit)))
}
write_json(out, file.path(here, "lme4_boundary.json"), digits = 12, auto_unbox = TRUE, pretty = TRUE)
