Attribute VB_Name = "CypsFunctions"
Option Explicit
' Written from the registry by: python -m cyps_addin.generators

Public Function CYPS_SHARES(ByVal use As Variant, ByVal weights As Variant, Optional ByVal area_cost As Variant) As Variant
    If IsMissing(area_cost) Then area_cost = Empty
    CYPS_SHARES = CypsCall("CYPS_SHARES", Array(CypsCells(use), CypsCells(weights), CypsCells(area_cost)))
End Function

Public Function CYPS_WEIGHTS(ByVal spend As Variant, ByVal metric As Variant, ByVal metrics As Variant) As Variant
    CYPS_WEIGHTS = CypsCall("CYPS_WEIGHTS", Array(CypsCells(spend), CypsCells(metric), CypsCells(metrics)))
End Function

Public Function CYPS_DAMP(ByVal target As Variant, ByVal baseline As Variant, ByVal floor As Variant, Optional ByVal ceiling As Variant, Optional ByVal method As Variant, Optional ByVal group As Variant) As Variant
    If IsMissing(ceiling) Then ceiling = Empty
    If IsMissing(method) Then method = Empty
    If IsMissing(group) Then group = Empty
    CYPS_DAMP = CypsCall("CYPS_DAMP", Array(CypsCells(target), CypsCells(baseline), CypsCells(floor), CypsCells(ceiling), CypsCells(method), CypsCells(group)))
End Function

Public Function CYPS_POUNDS(ByVal allocation As Variant, ByVal codes As Variant, Optional ByVal pot As Variant) As Variant
    If IsMissing(pot) Then pot = Empty
    CYPS_POUNDS = CypsCall("CYPS_POUNDS", Array(CypsCells(allocation), CypsCells(codes), CypsCells(pot)))
End Function

Public Function CYPS_RANK(ByVal amounts As Variant) As Variant
    CYPS_RANK = CypsCall("CYPS_RANK", Array(CypsCells(amounts)))
End Function

Public Function CYPS_QUARTILE(ByVal amounts As Variant) As Variant
    CYPS_QUARTILE = CypsCall("CYPS_QUARTILE", Array(CypsCells(amounts)))
End Function

Public Function CYPS_RATE(ByVal count As Variant, ByVal population As Variant, Optional ByVal per As Variant) As Variant
    If IsMissing(per) Then per = Empty
    CYPS_RATE = CypsCall("CYPS_RATE", Array(CypsCells(count), CypsCells(population), CypsCells(per)))
End Function

Public Function CYPS_UNIT_COST(ByVal spend As Variant, ByVal children As Variant) As Variant
    CYPS_UNIT_COST = CypsCall("CYPS_UNIT_COST", Array(CypsCells(spend), CypsCells(children)))
End Function

Public Function CYPS_PACK(ByVal file As Variant) As Variant
    CYPS_PACK = CypsCall("CYPS_PACK", Array(CypsCells(file)))
End Function

Public Function CYPS_PACK_INFO(ByVal pack As Variant, Optional ByVal item As Variant) As Variant
    If IsMissing(item) Then item = Empty
    CYPS_PACK_INFO = CypsCall("CYPS_PACK_INFO", Array(CypsCells(pack), CypsCells(item)))
End Function

Public Function CYPS_USE(ByVal pack As Variant, Optional ByVal authority As Variant, Optional ByVal metric As Variant, Optional ByVal neutral As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    If IsMissing(metric) Then metric = Empty
    If IsMissing(neutral) Then neutral = Empty
    CYPS_USE = CypsCall("CYPS_USE", Array(CypsCells(pack), CypsCells(authority), CypsCells(metric), CypsCells(neutral)))
End Function

Public Function CYPS_USE_RATE(ByVal pack As Variant, ByVal population As Variant, Optional ByVal authority As Variant, Optional ByVal metric As Variant, Optional ByVal per As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    If IsMissing(metric) Then metric = Empty
    If IsMissing(per) Then per = Empty
    CYPS_USE_RATE = CypsCall("CYPS_USE_RATE", Array(CypsCells(pack), CypsCells(population), CypsCells(authority), CypsCells(metric), CypsCells(per)))
End Function

Public Function CYPS_CHILD(ByVal pack As Variant, ByVal child As Variant, Optional ByVal rest As Variant) As Variant
    If IsMissing(rest) Then rest = Empty
    CYPS_CHILD = CypsCall("CYPS_CHILD", Array(CypsCells(pack), CypsCells(child), CypsCells(rest)))
End Function

Public Function CYPS_SCENARIO(ByVal source As Variant, Optional ByVal choices As Variant) As Variant
    If IsMissing(choices) Then choices = Empty
    CYPS_SCENARIO = CypsCall("CYPS_SCENARIO", Array(CypsCells(source), CypsCells(choices)))
End Function

Public Function CYPS_SCENARIO_INFO(ByVal scenario As Variant) As Variant
    CYPS_SCENARIO_INFO = CypsCall("CYPS_SCENARIO_INFO", Array(CypsCells(scenario)))
End Function

Public Function CYPS_AUTHORITIES(ByVal scenario As Variant) As Variant
    CYPS_AUTHORITIES = CypsCall("CYPS_AUTHORITIES", Array(CypsCells(scenario)))
End Function

Public Function CYPS_SHARE(ByVal scenario As Variant, Optional ByVal authority As Variant, Optional ByVal which As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    If IsMissing(which) Then which = Empty
    CYPS_SHARE = CypsCall("CYPS_SHARE", Array(CypsCells(scenario), CypsCells(authority), CypsCells(which)))
End Function

Public Function CYPS_ALLOCATIONS(ByVal scenario As Variant, Optional ByVal authority As Variant, Optional ByVal which As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    If IsMissing(which) Then which = Empty
    CYPS_ALLOCATIONS = CypsCall("CYPS_ALLOCATIONS", Array(CypsCells(scenario), CypsCells(authority), CypsCells(which)))
End Function

Public Function CYPS_GROUP_TOTALS(ByVal scenario As Variant, Optional ByVal group As Variant, Optional ByVal authority As Variant) As Variant
    If IsMissing(group) Then group = Empty
    If IsMissing(authority) Then authority = Empty
    CYPS_GROUP_TOTALS = CypsCall("CYPS_GROUP_TOTALS", Array(CypsCells(scenario), CypsCells(group), CypsCells(authority)))
End Function

Public Function CYPS_NEIGHBOURS(ByVal scenario As Variant, ByVal authority As Variant, ByVal neighbours As Variant) As Variant
    CYPS_NEIGHBOURS = CypsCall("CYPS_NEIGHBOURS", Array(CypsCells(scenario), CypsCells(authority), CypsCells(neighbours)))
End Function

Public Function CYPS_CHECKS(ByVal scenario As Variant) As Variant
    CYPS_CHECKS = CypsCall("CYPS_CHECKS", Array(CypsCells(scenario)))
End Function

Public Function CYPS_COMPARE(ByVal before As Variant, ByVal after As Variant, Optional ByVal authority As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    CYPS_COMPARE = CypsCall("CYPS_COMPARE", Array(CypsCells(before), CypsCells(after), CypsCells(authority)))
End Function

Public Function CYPS_BRIDGE(ByVal before As Variant, ByVal after As Variant, Optional ByVal authority As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    CYPS_BRIDGE = CypsCall("CYPS_BRIDGE", Array(CypsCells(before), CypsCells(after), CypsCells(authority)))
End Function

Public Function CYPS_UNCERTAINTY(ByVal scenario As Variant, ByVal pack As Variant, Optional ByVal authority As Variant) As Variant
    If IsMissing(authority) Then authority = Empty
    CYPS_UNCERTAINTY = CypsCall("CYPS_UNCERTAINTY", Array(CypsCells(scenario), CypsCells(pack), CypsCells(authority)))
End Function

Public Function CYPS_TRACE(ByVal scenario As Variant, ByVal authority As Variant, Optional ByVal which As Variant) As Variant
    If IsMissing(which) Then which = Empty
    CYPS_TRACE = CypsCall("CYPS_TRACE", Array(CypsCells(scenario), CypsCells(authority), CypsCells(which)))
End Function

Public Function CYPS_LAST_ERROR(Optional ByVal watch As Variant) As Variant
    If IsMissing(watch) Then watch = Empty
    CYPS_LAST_ERROR = CypsCall("CYPS_LAST_ERROR", Array(CypsCells(watch)))
End Function

Public Function CYPS_VERSION() As Variant
    CYPS_VERSION = CypsCall("CYPS_VERSION", Array())
End Function
