Attribute VB_Name = "CypsWizard"
Option Explicit

' Called when the add-in opens: what Insert Function shows.
Public Sub CypsDescribeFunctions()
    CypsDescribe1
    CypsDescribe2
    CypsDescribe3
    CypsDescribe4
    CypsDescribe5
    CypsDescribe6
    CypsDescribe7
    CypsDescribe8
    CypsDescribe9
    CypsDescribe10
    CypsDescribe11
    CypsDescribe12
    CypsDescribe13
    CypsDescribe14
    CypsDescribe15
    CypsDescribe16
    CypsDescribe17
    CypsDescribe18
    CypsDescribe19
    CypsDescribe20
    CypsDescribe21
    CypsDescribe22
    CypsDescribe23
    CypsDescribe24
    CypsDescribe25
    CypsDescribe26
    CypsDescribe27
End Sub

' Where a function stands in the page that was installed with the add-in.
Public Function CypsHelp(ByVal anchor As String) As String
    CypsHelp = Replace(Replace(ThisWorkbook.Path, "\", "/"), " ", "%20")
    CypsHelp = "file:///" & CypsHelp & "/_internal/cyps_addin/guide/functions.html#" & anchor
End Function

Private Sub CypsDescribe1()
    Dim about As String
    about = "Needs shares from use and cost weights. Gives one share a row, adding up to 1."
    Dim told(1 To 3) As Variant
    told(1) = "children by authority (rows) and metric (columns)"
    told(2) = "cost weight of each metric; only their ratio matters"
    told(3) = "cost factor of each authority, such as 1.08; blank: no adjustment"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_SHARES", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_SHARES", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_shares")
End Sub

Private Sub CypsDescribe2()
    Dim about As String
    about = "Cost weights: what each metric's services cost nationally, over all spend. Gives one weight for each of the metrics, laid out as they are, adding up to 1."
    Dim told(1 To 3) As Variant
    told(1) = "spend of each service area, all in one unit"
    told(2) = "metric that stands for each service area"
    told(3) = "metrics in the order in which the weights are wanted"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_WEIGHTS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_WEIGHTS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_weights")
End Sub

Private Sub CypsDescribe3()
    Dim about As String
    about = "Allocations with nobody below the floor, paid for by those above it: any grant. Gives one damped allocation for each target, adding up to the targets."
    Dim told(1 To 6) As Variant
    told(1) = "undamped target of each authority, pounds"
    told(2) = "what each had before, pounds"
    told(3) = "least change against the baseline, such as -5%; one, or one each"
    told(4) = "most change, such as 8%; one, or one each; blank: no ceiling"
    told(5) = """official"" or ""proportional"" (k x target within limits); blank: official"
    told(6) = "damping group of each; money stays in the group; blank: one group"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_DAMP", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_DAMP", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_damp")
End Sub

Private Sub CypsDescribe4()
    Dim about As String
    about = "Whole pounds by largest remainder. Gives whole pounds for each allocation, adding up to the pot."
    Dim told(1 To 3) As Variant
    told(1) = "damped allocation of each authority, pounds"
    told(2) = "code of each authority, which decides ties"
    told(3) = "whole pounds to share; blank: the allocations' sum, to the nearest pound"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_POUNDS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_POUNDS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_pounds")
End Sub

Private Sub CypsDescribe5()
    Dim about As String
    about = "Place by amount, 1 for the largest; ties go to the earlier cell. Gives one place for each amount."
    Dim told(1 To 1) As Variant
    told(1) = "one amount for each authority, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_RANK", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_RANK", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_rank")
End Sub

Private Sub CypsDescribe6()
    Dim about As String
    about = "Quartile band by amount: 1 for the quarter with the largest, 4 for the smallest. Gives one band for each amount, by place as CYPS_RANK gives it."
    Dim told(1 To 1) As Variant
    told(1) = "one amount for each authority, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_QUARTILE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_QUARTILE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_quartile")
End Sub

Private Sub CypsDescribe7()
    Dim about As String
    about = "Rate per 10,000 children, or per any other number. Gives one rate for each count; #N/A in the cell where the population is 0."
    Dim told(1 To 3) As Variant
    told(1) = "children counted, by authority (rows) and metric (columns)"
    told(2) = "children of each authority"
    told(3) = "how many the rate is for; blank: 10,000"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_RATE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_RATE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_rate")
End Sub

Private Sub CypsDescribe8()
    Dim about As String
    about = "Weekly cost of social work for each child in need: spend / children / 365 x 7. Gives pounds a week for each spend; #N/A in the cell where there are no children."
    Dim told(1 To 2) As Variant
    told(1) = "pounds a year on social work and on commissioning and strategy"
    told(2) = "children in need on 31 March, in the same order"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_UNIT_COST", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_UNIT_COST", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_unit_cost")
End Sub

Private Sub CypsDescribe9()
    Dim about As String
    about = "Handle of a coefficient pack, which is taken into this machine's library. Gives text such as cyps:pack:sample#0123456789abcdef, the same on every machine."
    Dim told(1 To 1) As Variant
    told(1) = "whole path of a .cyps.zip file; ""sample"" for the made-up one"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_PACK", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_PACK", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_pack")
End Sub

Private Sub CypsDescribe10()
    Dim about As String
    about = "What a pack is: status, who vouches for it, year, source, what it lacks. Gives a table with a header row, or one value."
    Dim told(1 To 2) As Variant
    told(1) = "handle of a pack, from CYPS_PACK"
    told(2) = "one item, such as ""state""; blank: a table of all"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_PACK_INFO", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_PACK_INFO", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_pack_info")
End Sub

Private Sub CypsDescribe11()
    Dim about As String
    about = "Predicted use: expected number of children by authority and metric. Gives children (or shares, where the pack holds shares), authorities in rows and metrics in columns; turned if the authorities lie i"
    about = about & "n a row."
    Dim told(1 To 4) As Variant
    told(1) = "handle of a pack, from CYPS_PACK"
    told(2) = "GSS codes or names, one or a range; blank: all, in order of code"
    told(3) = "metrics, such as CIN; one or a range; blank: all of the pack"
    told(4) = "two columns: a driver, and reference, average or own average; blank: nothing neutralised"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_USE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_USE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_use")
End Sub

Private Sub CypsDescribe12()
    Dim about As String
    about = "Predicted use per 10,000 children, or per any other number. Gives a rate for each number of CYPS_USE; #N/A in the cell where the population is 0."
    Dim told(1 To 5) As Variant
    told(1) = "handle of a pack, from CYPS_PACK"
    told(2) = "children of each authority, in the same order"
    told(3) = "GSS codes or names, one or a range; blank: all, in order of code"
    told(4) = "metrics, such as CIN; one or a range; blank: all of the pack"
    told(5) = "how many the rate is for; blank: 10,000"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_USE_RATE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_USE_RATE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_use_rate")
End Sub

Private Sub CypsDescribe13()
    Dim about As String
    about = "One child's probability of each event, with the authority's own effect at 0. Gives a table with a header row: metric, probability, 95% interval by the coefficients alone (#N/A without errors in the pa"
    about = about & "ck), log odds."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a pack, from CYPS_PACK"
    told(2) = "two columns: the name of each driver and the child's level"
    told(3) = """reference"": drivers not told are at their reference or mean; blank: every driver has to be told"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_CHILD", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_CHILD", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_child")
End Sub

Private Sub CypsDescribe14()
    Dim about As String
    about = "Handle of a settlement, taken into this machine's library, with changes if you like. Gives text such as cyps:scenario:sample#0123456789abcdef; for a folder of several years one handle a year, below on"
    about = about & "e another."
    Dim told(1 To 2) As Variant
    told(1) = "handle; whole path of a folder that cyps settle wrote or of its settlement.json; a scenario's own text, TOML or JSON, in one cell or a line in each; or ""sample"""
    told(2) = "two columns, name and value: pot, floor, ceiling, method, phasing, area cost, weight METRIC, pack, title; blank: as it is"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_SCENARIO", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_SCENARIO", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_scenario")
End Sub

Private Sub CypsDescribe15()
    Dim about As String
    about = "What a settlement is: status, pot, damping, cost weights, who is left out, notes. Gives a table with a header row."
    Dim told(1 To 1) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_SCENARIO_INFO", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_SCENARIO_INFO", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_scenario_info")
End Sub

Private Sub CypsDescribe16()
    Dim about As String
    about = "Authorities of a settlement in order of code: code, name, region. Gives three columns without a header, in line with CYPS_SHARE and CYPS_ALLOCATIONS."
    Dim told(1 To 1) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_AUTHORITIES", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_AUTHORITIES", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_authorities")
End Sub

Private Sub CypsDescribe17()
    Dim about As String
    about = "Share of one authority, or of several. Gives shares, laid out as the authorities are; all of them add up to 1."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    told(2) = "GSS codes or names, one or a range; blank: all, in order of code"
    told(3) = "share (after area cost), ""needs share"" (before) or a metric; blank: share"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_SHARE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_SHARE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_share")
End Sub

Private Sub CypsDescribe18()
    Dim about As String
    about = "Allocations by authority and year. Gives a row for each authority and a column for each year; turned if authorities lie in a row. Pounds of a year add up to its pot."
    Dim told(1 To 3) As Variant
    told(1) = "handles of settlements, one a year"
    told(2) = "GSS codes or names, one or a range; blank: all, in order of code"
    told(3) = "pounds, damped, target, baseline, change, change rate, top up; blank: pounds"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_ALLOCATIONS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_ALLOCATIONS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_allocations")
End Sub

Private Sub CypsDescribe19()
    Dim about As String
    about = "Totals by region, class, combined authority, or by any grouping of one's own. Gives a table with a header row, a row for each group and one for all authorities; those of whom no group was told are 'In"
    about = about & " none'."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    told(2) = "one of region, region9, class, combined; or the name of each one's group; blank: region"
    told(3) = "the authorities that the groups are for, in the same order; blank: all, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_GROUP_TOTALS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_GROUP_TOTALS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_group_totals")
End Sub

Private Sub CypsDescribe20()
    Dim about As String
    about = "One authority beside its statistical neighbours, and these together. Gives a table with a header row; neighbours that only a file names and the settlement does not have are left out."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    told(2) = "GSS code or name of one authority"
    told(3) = "codes or names of its neighbours; or the whole path of a file of neighbours, wide (SN1, SN2, ...) or long"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_NEIGHBOURS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_NEIGHBOURS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_neighbours")
End Sub

Private Sub CypsDescribe21()
    Dim about As String
    about = "Checks of a settlement: pot, shares, floors, who is left out, status. Gives a table with a header row; state is OK, STOP or WARN."
    Dim told(1 To 1) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_CHECKS", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_CHECKS", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_checks")
End Sub

Private Sub CypsDescribe22()
    Dim about As String
    about = "One settlement beside another: pounds, shares, distance from target. Gives a table with a header row; rates are #N/A where there was nothing before."
    Dim told(1 To 3) As Variant
    told(1) = "handle of the settlement before"
    told(2) = "handle of the settlement after, of the same authorities"
    told(3) = "GSS codes or names, one or a range; blank: all, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_COMPARE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_COMPARE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_compare")
End Sub

Private Sub CypsDescribe23()
    Dim about As String
    about = "What moved the pounds from one settlement to another, in steps that add up. Gives for one authority a table of steps, for several a row each; before plus the steps is after, to a millionth of a pound."
    Dim told(1 To 3) As Variant
    told(1) = "handle of the settlement before"
    told(2) = "handle of the settlement after, of the same authorities"
    told(3) = "GSS codes or names, one or a range; blank: all, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_BRIDGE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_BRIDGE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_bridge")
End Sub

Private Sub CypsDescribe24()
    Dim about As String
    about = "Standard error of the share and 95% ranges of share, pounds and rank. Gives a table with a header row; the uncertainty of the coefficients alone, first-order, by 1,000 draws from a fixed seed; #N/A fo"
    about = about & "r an authority of which the pack hides small counts."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    told(2) = "handle of a pack, from CYPS_PACK"
    told(3) = "GSS codes or names, one or a range; blank: all, in order of code"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_UNCERTAINTY", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_UNCERTAINTY", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_uncertainty")
End Sub

Private Sub CypsDescribe25()
    Dim about As String
    about = "Every line that an authority's number is made of, lettered. Gives a table with a header row: line, name, formula in letters, value, source."
    Dim told(1 To 3) As Variant
    told(1) = "handle of a settlement, from CYPS_SCENARIO"
    told(2) = "GSS code or name of one authority"
    told(3) = "line to trace, such as share or damped_allocation; blank: pounds"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_TRACE", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_TRACE", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_trace")
End Sub

Private Sub CypsDescribe26()
    Dim about As String
    about = "Why the last CYPS function that showed an error did so, in a sentence. Gives text; empty when there was no error yet."
    Dim told(1 To 1) As Variant
    told(1) = "a cell with an error; the sentence is fetched anew when it changes; blank: fetched when the formula is entered"
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_LAST_ERROR", Description:=about, _
        Category:="CYPS needs shares", ArgumentDescriptions:=told
    Application.MacroOptions Macro:="CYPS_LAST_ERROR", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_last_error")
End Sub

Private Sub CypsDescribe27()
    Dim about As String
    about = "Version of cyps that computes. Gives text."
    On Error Resume Next ' a description that Excel refuses must not stop the add-in
    Application.MacroOptions Macro:="CYPS_VERSION", Description:=about, _
        Category:="CYPS needs shares"
    Application.MacroOptions Macro:="CYPS_VERSION", HelpContextID:=0, _
        HelpFile:=CypsHelp("cyps_version")
End Sub
